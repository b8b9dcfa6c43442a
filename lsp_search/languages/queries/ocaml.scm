; OCaml, implementations and interfaces.

(module_definition (module_binding (module_name) @name)) @definition.module
(module_type_definition (module_type_name) @name) @definition.interface
(class_definition (class_binding (class_name) @name)) @definition.class
(method_definition (method_name) @name) @definition.method
(instance_variable_definition (instance_variable_name) @name) @definition.field

(type_definition (type_binding
  name: (type_constructor) @name body: (variant_declaration)) @definition.enum)
(type_definition (type_binding
  name: (type_constructor) @name body: (record_declaration)) @definition.struct)
(type_definition (type_binding name: (type_constructor) @name) @definition.type)
(variant_declaration (constructor_declaration (constructor_name) @name) @definition.variant)
(record_declaration (field_declaration (field_name) @name) @definition.field)
(exception_definition (constructor_declaration (constructor_name) @name)) @definition.class

(external [(value_name) (parenthesized_operator)] @name) @definition.plain_function
(value_specification [(value_name) (parenthesized_operator)] @name) @definition.plain_function
