; CMake: targets, functions, macros, options and the variables of files.

(function_def (function_command (argument_list . (argument (_) @name)))) @definition.plain_function
(macro_def (macro_command (argument_list . (argument (_) @name)))) @definition.plain_function
(normal_command (identifier) @_command (argument_list . (argument (_) @name))
  (#match? @_command "^(?i:add_(library|executable|custom_target))$")) @definition.target
(normal_command (identifier) @_command (argument_list . (argument (_) @_name) . (argument (_) @name))
  (#match? @_command "^(?i:add_test)$")
  (#eq? @_name "NAME")) @definition.target
(normal_command (identifier) @_command (argument_list . (argument (_) @name))
  (#match? @_command "^(?i:project)$")) @definition.project
([(source_file (normal_command (identifier) @_command (argument_list . (argument (unquoted_argument) @name))) @definition.variable)
  (if_condition (body (normal_command (identifier) @_command (argument_list . (argument (unquoted_argument) @name))) @definition.variable))]
  (#match? @_command "^(?i:set|option)$"))
