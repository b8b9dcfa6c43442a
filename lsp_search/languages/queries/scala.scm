; Scala 2 and 3.

(package_clause name: (_) @name) @definition.package
(package_object name: (identifier) @name) @definition.object
(object_definition name: (identifier) @name) @definition.object
(class_definition name: (identifier) @name) @definition.class
(trait_definition name: (identifier) @name) @definition.interface
(enum_definition name: (identifier) @name) @definition.enum
(simple_enum_case name: (identifier) @name) @definition.member
(full_enum_case name: (identifier) @name) @definition.member
(given_definition name: (identifier) @name) @definition.object
(type_definition name: (type_identifier) @name) @definition.type

(function_definition name: [(identifier) (operator_identifier)] @name) @definition.function
(function_declaration name: [(identifier) (operator_identifier)] @name) @definition.function

([(template_body (val_definition pattern: (identifier) @name) @definition.variable)
  (template_body (var_definition pattern: (identifier) @name) @definition.variable)
  (template_body (val_definition pattern: (identifiers (identifier) @name)) @definition.variable)
  (template_body (var_definition pattern: (identifiers (identifier) @name)) @definition.variable)
  (template_body (val_declaration name: (identifier) @name) @definition.variable)
  (template_body (var_declaration name: (identifier) @name) @definition.variable)
  (enum_body (val_definition pattern: (identifier) @name) @definition.variable)
  (compilation_unit (val_definition pattern: (identifier) @name) @definition.variable)
  (compilation_unit (var_definition pattern: (identifier) @name) @definition.variable)])
(class_parameter name: (identifier) @name) @definition.field
