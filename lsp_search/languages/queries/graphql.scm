; GraphQL: schemas and the named operations of documents.

(object_type_definition (name) @name) @definition.class
(object_type_extension (name) @name) @scope.class
(interface_type_definition (name) @name) @definition.interface
(union_type_definition (name) @name) @definition.type
(enum_type_definition (name) @name) @definition.enum
(enum_value_definition (enum_value (name) @name)) @definition.member
(input_object_type_definition (name) @name) @definition.struct
(scalar_type_definition (name) @name) @definition.type
(directive_definition (name) @name) @definition.plain_function
(field_definition (name) @name) @definition.field
(input_fields_definition (input_value_definition (name) @name) @definition.field)
(operation_definition (name) @name) @definition.plain_function
(fragment_definition (fragment_name (name) @name)) @definition.plain_function
