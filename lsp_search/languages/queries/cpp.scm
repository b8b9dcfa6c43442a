; C++. What C has, plus scopes: a name may carry its scope (void Foo::bar()), up to three parts deep.

(namespace_definition name: (namespace_identifier) @name) @definition.namespace
(namespace_definition name: (nested_namespace_specifier (_) @qualifier . (_) @name .)) @definition.namespace
(namespace_alias_definition name: (namespace_identifier) @name) @definition.namespace_alias

; Types
(type_definition
  type: [(struct_specifier !name body: (_)) (class_specifier !name body: (_)) (union_specifier !name body: (_))]
  declarator: (type_identifier) @name) @definition.struct
(type_definition type: (enum_specifier !name body: (_)) declarator: (type_identifier) @name) @definition.enum
(class_specifier name: [
  (type_identifier) @name
  (template_type name: (type_identifier) @name)
] body: (_)) @definition.class
(class_specifier name: (qualified_identifier) @name body: (_)) @definition.qualified_class
(struct_specifier name: (qualified_identifier) @name body: (_)) @definition.qualified_struct
(struct_specifier name: [
  (type_identifier) @name
  (template_type name: (type_identifier) @name)
] body: (_)) @definition.struct
(union_specifier name: [
  (type_identifier) @name
  (template_type name: (type_identifier) @name)
] body: (_)) @definition.struct
(enum_specifier name: [
  (type_identifier) @name
  (qualified_identifier scope: (_) @qualifier name: (type_identifier) @name)
] body: (_)) @definition.enum
(enumerator name: (identifier) @name) @definition.member
(alias_declaration name: (type_identifier) @name) @definition.type
(concept_definition name: (identifier) @name) @definition.interface
(type_definition
  declarator: [
    (type_identifier) @name
    (pointer_declarator declarator: (type_identifier) @name)
    (pointer_declarator declarator: (pointer_declarator declarator: (type_identifier) @name))
    (reference_declarator (type_identifier) @name)
    (primitive_type) @name
    (array_declarator declarator: (type_identifier) @name)
    (function_declarator declarator: (type_identifier) @name)
    (pointer_declarator declarator: (function_declarator declarator: (type_identifier) @name))
    (reference_declarator (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name))))
    (function_declarator declarator: (parenthesized_declarator (type_identifier) @name))
    (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name)))
    (pointer_declarator declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name))))
  ]) @definition.type

; Functions with a body. Inside a class the name is a field_identifier.
(function_definition
  declarator: [
    (function_declarator declarator: [(identifier) (field_identifier) (operator_name) (destructor_name)] @name)
    (function_declarator declarator: (parenthesized_declarator (identifier) @name))
    (function_declarator declarator: (template_function name: (identifier) @name))
    (function_declarator declarator: (function_declarator declarator: (identifier) @name))
    (pointer_declarator declarator: (function_declarator declarator: [(identifier) (field_identifier) (operator_name)] @name))
    (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: [(identifier) (field_identifier)] @name)))
    (reference_declarator (function_declarator declarator: [(identifier) (field_identifier) (operator_name)] @name))
  ]) @definition.function
(function_definition
  declarator: [
    (function_declarator declarator: (qualified_identifier) @name)
    (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier) @name))
    (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier) @name)))
    (reference_declarator (function_declarator declarator: (qualified_identifier) @name))
  ]) @definition.qualified_function
(function_definition declarator: [
  (operator_cast) @name
  (qualified_identifier name: (operator_cast)) @name
  (qualified_identifier name: (qualified_identifier name: (operator_cast))) @name
]) @definition.conversion

; Members. Methods that are only declared in their class belong to it as well.
(field_declaration
  declarator: [
    (function_declarator declarator: [(field_identifier) (operator_name) (destructor_name)] @name)
    (pointer_declarator declarator: (function_declarator declarator: [(field_identifier) (operator_name)] @name))
    (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name)))
    (reference_declarator (function_declarator declarator: [(field_identifier) (operator_name)] @name))
  ]) @definition.method
(field_declaration_list
  [
    (declaration declarator: (function_declarator declarator: [(identifier) (destructor_name) (operator_name)] @name)) @definition.method
    (template_declaration (declaration declarator: (function_declarator declarator: [(identifier) (destructor_name) (operator_name)] @name)) @definition.method)
    (template_declaration (declaration declarator: (pointer_declarator declarator: (function_declarator declarator: [(identifier) (operator_name)] @name))) @definition.method)
    (template_declaration (declaration declarator: (reference_declarator (function_declarator declarator: [(identifier) (operator_name)] @name))) @definition.method)
  ])
(field_declaration_list (declaration declarator: (operator_cast) @name) @definition.conversion)
(field_declaration
  declarator: [
    (field_identifier) @name
    (pointer_declarator declarator: (field_identifier) @name)
    (pointer_declarator declarator: (pointer_declarator declarator: (field_identifier) @name))
    (pointer_declarator declarator: (array_declarator declarator: (field_identifier) @name))
    (reference_declarator (field_identifier) @name)
    (array_declarator declarator: (field_identifier) @name)
    (array_declarator declarator: (array_declarator declarator: (field_identifier) @name))
    (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name)))
    (pointer_declarator declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name))))
  ]) @definition.field

; Variables of files and namespaces
([
  (translation_unit (declaration
    declarator: [
      (identifier) @name
      (pointer_declarator declarator: (identifier) @name)
      (array_declarator declarator: (identifier) @name)
      (reference_declarator (identifier) @name)
      (init_declarator declarator: [
        (identifier) @name
        (pointer_declarator declarator: (identifier) @name)
        (pointer_declarator declarator: (pointer_declarator declarator: (identifier) @name))
        (pointer_declarator declarator: (array_declarator declarator: (identifier) @name))
        (reference_declarator (identifier) @name)
        (array_declarator declarator: (identifier) @name)
        (array_declarator declarator: (array_declarator declarator: (identifier) @name))
        (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
      ])
      (array_declarator declarator: (array_declarator declarator: (identifier) @name))
      (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
    ]) @definition.variable)
  (declaration_list (declaration
    declarator: [
      (identifier) @name
      (pointer_declarator declarator: (identifier) @name)
      (array_declarator declarator: (identifier) @name)
      (reference_declarator (identifier) @name)
      (init_declarator declarator: [
        (identifier) @name
        (pointer_declarator declarator: (identifier) @name)
        (pointer_declarator declarator: (pointer_declarator declarator: (identifier) @name))
        (pointer_declarator declarator: (array_declarator declarator: (identifier) @name))
        (reference_declarator (identifier) @name)
        (array_declarator declarator: (identifier) @name)
        (array_declarator declarator: (array_declarator declarator: (identifier) @name))
        (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
      ])
      (array_declarator declarator: (array_declarator declarator: (identifier) @name))
      (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
    ]) @definition.variable)
])
; int Foo::count = 0;
(translation_unit (declaration declarator: [
  (qualified_identifier) @name
  (array_declarator declarator: (qualified_identifier) @name)
  (init_declarator declarator: [(qualified_identifier) @name (array_declarator declarator: (qualified_identifier) @name)])
]) @definition.qualified_variable)
(declaration_list (declaration declarator: [
  (qualified_identifier) @name
  (array_declarator declarator: (qualified_identifier) @name)
  (init_declarator declarator: [(qualified_identifier) @name (array_declarator declarator: (qualified_identifier) @name)])
]) @definition.qualified_variable)

; Macros
(preproc_def name: (identifier) @name) @definition.macro
(preproc_function_def name: (identifier) @name) @definition.macro_function

; What an error cut off from its body
(ERROR ["class" "struct"] . (type_identifier) @name . [(base_class_clause) "{"]) @definition.broken_class
(ERROR "namespace" . [(namespace_identifier) (identifier)] @name . "{") @definition.broken_namespace
