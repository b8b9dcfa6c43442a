; TOML: tables and keys. [a.b.c] is c in a.b.

(table . [(bare_key) (quoted_key)] @name) @definition.table
(table . (dotted_key (_) @qualifier . [(bare_key) (quoted_key)] @name .)) @definition.table
(table_array_element . [(bare_key) (quoted_key)] @name) @definition.table
(table_array_element . (dotted_key (_) @qualifier . [(bare_key) (quoted_key)] @name .)) @definition.table
(pair . [(bare_key) (quoted_key)] @name) @definition.key
(pair . (dotted_key (_) @qualifier . [(bare_key) (quoted_key)] @name .)) @definition.key
