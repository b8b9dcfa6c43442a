; TypeScript, beyond what it shares with JavaScript.

(abstract_class_declaration name: (type_identifier) @name) @definition.class
(interface_declaration name: (type_identifier) @name) @definition.interface
(type_alias_declaration name: (type_identifier) @name) @definition.type
(enum_declaration name: (identifier) @name) @definition.enum
(enum_body name: (property_identifier) @name @definition.member)
(enum_body (enum_assignment name: (property_identifier) @name) @definition.member)
(enum_body name: (string (string_fragment) @name) @definition.member)
(enum_body (enum_assignment name: (string (string_fragment) @name)) @definition.member)

; namespace A.B { }, declare module "m" { }
(internal_module name: (identifier) @name) @definition.namespace
(internal_module name: (nested_identifier object: (_) @qualifier property: (_) @name)) @definition.namespace
(module name: (identifier) @name) @definition.namespace
(module name: (nested_identifier object: (_) @qualifier property: (_) @name)) @definition.namespace
(module name: (string (string_fragment) @name)) @definition.module

(public_field_definition
  name: [(property_identifier) (private_property_identifier)] @name
  value: [(arrow_function) (function_expression)]) @definition.method
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.property
(abstract_method_signature name: [(property_identifier) (private_property_identifier)] @name) @definition.method
(method_signature ["get" "set"] name: (property_identifier) @name) @definition.property
(method_signature name: [(property_identifier) (private_property_identifier)] @name) @definition.method
(interface_body (property_signature name: (property_identifier) @name) @definition.property)
(required_parameter (accessibility_modifier) pattern: (identifier) @name) @definition.parameter_property

; Declarations without a body: overloads and ambient ones
(function_signature name: (identifier) @name) @definition.function
(ambient_declaration (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable))
(ambient_declaration (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable))

; Values of a namespace
(statement_block (export_statement declaration:
  (lexical_declaration "const" (variable_declarator name: (identifier) @name) @definition.constant)))
(statement_block (export_statement declaration:
  (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable)))
(construct_signature "new" @name) @definition.constructor
