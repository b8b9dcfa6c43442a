; Shell. Variables count where the script itself sets them, not inside functions.

(function_definition name: (word) @name) @definition.function
(program (variable_assignment name: (variable_name) @name) @definition.variable)
(program (declaration_command ["readonly" "declare" "typeset" "export" "local"]
  (variable_assignment name: (variable_name) @name) @definition.variable))
(command
  name: (command_name (word) @_alias)
  argument: (concatenation . (word) @name)
  (#eq? @_alias "alias")) @definition.alias
