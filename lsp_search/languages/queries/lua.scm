; Lua. function M.f and function M:m stand in M.

(function_declaration name: (identifier) @name) @definition.function
(function_declaration name: (dot_index_expression table: (_) @qualifier field: (identifier) @name)) @definition.plain_function
(function_declaration name: (method_index_expression table: (_) @qualifier method: (identifier) @name)) @definition.method
(assignment_statement
  (variable_list . name: (identifier) @name)
  (expression_list . value: (function_definition))) @definition.function
(assignment_statement
  (variable_list . name: (dot_index_expression table: (_) @qualifier field: (identifier) @name))
  (expression_list . value: (function_definition))) @definition.plain_function
(chunk (assignment_statement
  (variable_list name: (dot_index_expression table: (identifier) @qualifier field: (identifier) @name))) @definition.field)
(field name: (identifier) @name value: (function_definition)) @definition.plain_function

(chunk (variable_declaration (assignment_statement
  (variable_list . name: (identifier) @name)
  (expression_list . value: (table_constructor))) @definition.table))
(chunk (variable_declaration (assignment_statement (variable_list name: (identifier) @name))) @definition.variable)
(chunk (variable_declaration (variable_list name: (identifier) @name)) @definition.variable)
(chunk (assignment_statement (variable_list name: (identifier) @name)) @definition.variable)
