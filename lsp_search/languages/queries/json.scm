; JSON: keys, each in the path of the keys around it.

(pair key: (string) @name) @definition.key
