; Objective-C, beyond C. A method is called by the first part of its selector.

(class_interface . (identifier) @name !category) @definition.class
(class_interface . (identifier) @name category: (_)) @scope.class
(class_implementation . (identifier) @name) @scope.class
(protocol_declaration . (identifier) @name) @definition.interface
(method_declaration (method_type) . (identifier) @name) @definition.method
(method_definition (method_type) . (identifier) @name) @definition.method
(property_declaration (struct_declaration (struct_declarator [
  (identifier) @name
  (pointer_declarator declarator: (identifier) @name)
]))) @definition.property
(instance_variable (struct_declaration (struct_declarator [
  (identifier) @name
  (pointer_declarator declarator: (identifier) @name)
]))) @definition.field
