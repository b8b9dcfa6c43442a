; SQL: what CREATE makes. A schema in front of a name is its container.

(create_table (object_reference schema: (_)? @qualifier name: (_) @name)) @definition.struct
(create_view (object_reference schema: (_)? @qualifier name: (_) @name)) @definition.struct
(create_materialized_view (object_reference schema: (_)? @qualifier name: (_) @name)) @definition.struct
(create_function . (keyword_create) (object_reference schema: (_)? @qualifier name: (_) @name)) @definition.plain_function
(create_type (object_reference schema: (_)? @qualifier name: (_) @name)) @definition.type
(create_trigger (keyword_trigger) . (object_reference schema: (_)? @qualifier name: (_) @name)) @definition.event
(create_sequence (object_reference schema: (_)? @qualifier name: (_) @name)) @definition.variable
(create_index column: (_) @name) @definition.key
(create_schema (identifier) @name) @definition.namespace
(create_database (identifier) @name) @definition.namespace
(column_definition name: (_) @name) @definition.field
