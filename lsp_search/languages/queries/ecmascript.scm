; JavaScript, and the part of TypeScript that reads the same. A variable that holds a function is a function.

(class_declaration name: (_) @name) @definition.class
(variable_declarator name: (identifier) @name value: (class)) @definition.class
(assignment_expression left: (identifier) @name right: (class)) @definition.class
(assignment_expression
  left: (member_expression object: (_) @qualifier property: (property_identifier) @name)
  right: (class)) @definition.class

(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
(variable_declarator
  name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(assignment_expression
  left: (identifier) @name
  right: [(arrow_function) (function_expression) (generator_function)]) @definition.function
; a.b = function…, a.prototype.b = function…
(assignment_expression
  left: (member_expression
    object: (member_expression object: (_) @qualifier property: (property_identifier) @_prototype)
    property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#eq? @_prototype "prototype")) @definition.method
(assignment_expression
  left: (member_expression object: (this) property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]) @definition.method
(assignment_expression
  left: (member_expression object: (_) @qualifier property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#match? @qualifier "^(module\\.)?exports$")) @definition.plain_function
(assignment_expression
  left: (member_expression object: (_) @qualifier property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]) @definition.function

(method_definition ["get" "set"] name: [(property_identifier) (private_property_identifier)] @name) @definition.property
(method_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.method
(method_definition name: (string (string_fragment) @name)) @definition.method
(pair
  key: (property_identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.method

; Values of the module. Objects that hold functions enclose them.
(program (lexical_declaration "const" (variable_declarator name: (identifier) @name value: (object)) @definition.object_constant))
(program (export_statement declaration:
  (lexical_declaration "const" (variable_declarator name: (identifier) @name value: (object)) @definition.object_constant)))
(program (variable_declaration (variable_declarator name: (identifier) @name value: (object)) @definition.object_variable))
(program (lexical_declaration "const" (variable_declarator name: (identifier) @name) @definition.constant))
(program (export_statement declaration:
  (lexical_declaration "const" (variable_declarator name: (identifier) @name) @definition.constant)))
(program (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable))
(program (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable))
(program (export_statement declaration:
  [(lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable)
   (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable)]))
(program (expression_statement (assignment_expression
  left: (member_expression
    object: [(identifier) (member_expression)] @qualifier
    property: (property_identifier) @name)
  (#match? @qualifier "^(module\\.)?exports$")) @definition.property))
