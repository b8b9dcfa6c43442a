; Kotlin.

(package_header (_) @name) @definition.package
(class_declaration
  (modifiers (class_modifier) @_modifier) name: (identifier) @name
  (#eq? @_modifier "enum")) @definition.enum
(class_declaration "interface" name: (identifier) @name) @definition.interface
(class_declaration name: (identifier) @name) @definition.class
(object_declaration name: (identifier) @name) @definition.object
(companion_object (identifier) @name) @definition.object
(enum_entry . (identifier) @name) @definition.variant
(type_alias type: (identifier) @name) @definition.type

(function_declaration name: (identifier) @name) @definition.function
(secondary_constructor "constructor" @name) @definition.constructor

(class_parameter ["val" "var"] (identifier) @name) @definition.property
([
  (source_file (property_declaration
    (modifiers (property_modifier) @_modifier)
    (variable_declaration (identifier) @name)) @definition.constant)
  (class_body (property_declaration
    (modifiers (property_modifier) @_modifier)
    (variable_declaration (identifier) @name)) @definition.constant)
] (#eq? @_modifier "const"))
(source_file (property_declaration (variable_declaration (identifier) @name)) @definition.variable)
(class_body (property_declaration (variable_declaration (identifier) @name)) @definition.property)
(enum_class_body (property_declaration (variable_declaration (identifier) @name)) @definition.property)
