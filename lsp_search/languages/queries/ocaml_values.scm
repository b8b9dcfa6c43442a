; OCaml: the values of implementations; interfaces have none.

(compilation_unit (value_definition (let_binding
  pattern: [(value_name) @name (parenthesized_operator) @name] (parameter)) @definition.plain_function))
(structure (value_definition (let_binding
  pattern: [(value_name) @name (parenthesized_operator) @name] (parameter)) @definition.plain_function))
(compilation_unit (value_definition (let_binding
  pattern: (value_name) @name body: [(fun_expression) (function_expression)]) @definition.plain_function))
(structure (value_definition (let_binding
  pattern: (value_name) @name body: [(fun_expression) (function_expression)]) @definition.plain_function))
(compilation_unit (value_definition (let_binding pattern: (value_name) @name) @definition.variable))
(structure (value_definition (let_binding pattern: (value_name) @name) @definition.variable))
