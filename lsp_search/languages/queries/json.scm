; JSON: keys, each in the path of the keys around it.

(pair key: (string (string_content) @name)) @definition.key
