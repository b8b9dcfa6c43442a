; Python. Properties are told by their decorator, type aliases by the type statement.

(decorated_definition
  (decorator [
    (identifier) @_decorator
    (attribute attribute: (identifier) @_decorator)
  ])
  definition: (function_definition name: (identifier) @name)
  (#any-of? @_decorator "property" "cached_property" "setter" "deleter")) @definition.accessor
(decorated_definition definition: (class_definition name: (identifier) @name)) @definition.class
(decorated_definition definition: (function_definition name: (identifier) @name)) @definition.function
(class_definition name: (identifier) @name) @definition.class
(function_definition name: (identifier) @name) @definition.function

(type_alias_statement left: (type [(identifier) @name (generic_type . (identifier) @name)])) @definition.type

; Assignments of modules and classes, also under if and try
([
  (module (expression_statement (assignment left: [
    (identifier) @name
    (pattern_list (identifier) @name)
    (tuple_pattern (identifier) @name)]) @definition.variable))
  (module (_ (block (expression_statement (assignment left: (identifier) @name) @definition.variable))))
  (module (_ (_ (block (expression_statement (assignment left: (identifier) @name) @definition.variable)))))
  (class_definition body: (block (expression_statement (assignment left: [
    (identifier) @name
    (pattern_list (identifier) @name)]) @definition.variable)))
  (class_definition body: (block (_ (block (expression_statement (assignment left: (identifier) @name) @definition.variable)))))
])
