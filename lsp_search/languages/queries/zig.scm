; Zig. A type is a constant that holds a struct, an enum or a union.

(variable_declaration . (identifier) @name (struct_declaration)) @definition.struct
(variable_declaration . (identifier) @name (opaque_declaration)) @definition.struct
(variable_declaration . (identifier) @name (union_declaration)) @definition.struct
(variable_declaration . (identifier) @name (enum_declaration)) @definition.enum
(variable_declaration . (identifier) @name (error_set_declaration)) @definition.enum
(enum_declaration (container_field name: (identifier) @name) @definition.member)
(error_set_declaration (identifier) @name @definition.member)
(container_field name: (identifier) @name) @definition.field
(function_declaration name: (identifier) @name) @definition.function
(test_declaration (string (string_content) @name)) @definition.text

([(source_file (variable_declaration "const" . (identifier) @name) @definition.constant)
  (struct_declaration (variable_declaration "const" . (identifier) @name) @definition.constant)
  (enum_declaration (variable_declaration "const" . (identifier) @name) @definition.constant)
  (union_declaration (variable_declaration "const" . (identifier) @name) @definition.constant)])
([(source_file (variable_declaration . (identifier) @name) @definition.variable)
  (struct_declaration (variable_declaration . (identifier) @name) @definition.variable)])
