; Makefiles: targets (not the special ones such as .PHONY, nor pattern rules) and variables.

(rule (targets (word) @name) (#not-match? @name "^\\.[A-Z_]+$|%")) @definition.target
(variable_assignment name: (word) @name) @definition.variable
(define_directive name: (word) @name) @definition.target
