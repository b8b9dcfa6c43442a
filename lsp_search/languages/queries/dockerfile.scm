; Dockerfiles: named stages, arguments, environment.

(from_instruction as: (image_alias) @name) @definition.project
(arg_instruction name: (unquoted_string) @name) @definition.variable
(env_instruction (env_pair name: (unquoted_string) @name) @definition.variable)
