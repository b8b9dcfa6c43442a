; Julia.

(module_definition name: (identifier) @name) @definition.module
(struct_definition (type_head [
  (identifier) @name
  (binary_expression . (identifier) @name)
  (parametrized_type_expression . (identifier) @name)
  (binary_expression . (parametrized_type_expression . (identifier) @name))
])) @definition.struct
([(abstract_definition (type_head [
    (identifier) @name
    (binary_expression . (identifier) @name)
    (parametrized_type_expression . (identifier) @name)
    (binary_expression . (parametrized_type_expression . (identifier) @name))
  ])) @definition.interface])
(primitive_definition (type_head [(identifier) @name (binary_expression . (identifier) @name)])) @definition.type
(struct_definition (identifier) @name @definition.field)
(struct_definition (typed_expression . (identifier) @name) @definition.field)

(function_definition (signature [
  (identifier) @name
  (call_expression . (identifier) @name)
  (call_expression . (field_expression (identifier) @name .))
  (where_expression . (call_expression . (identifier) @name))
  (where_expression . (call_expression . (field_expression (identifier) @name .)))
  (typed_expression . (call_expression . (identifier) @name))
  (where_expression . (typed_expression . (call_expression . (identifier) @name)))
])) @definition.plain_function
(assignment . [
  (call_expression . (identifier) @name)
  (call_expression . (field_expression (identifier) @name .))
  (where_expression . (call_expression . (identifier) @name))
  (typed_expression . (call_expression . (identifier) @name))
]) @definition.plain_function
(macro_definition (signature (call_expression . (identifier) @name))) @definition.plain_function

(const_statement (assignment . (identifier) @name)) @definition.constant
(source_file (assignment . (identifier) @name) @definition.variable)
(module_definition (assignment . (identifier) @name) @definition.variable)
