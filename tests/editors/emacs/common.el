;; What the scripts that run in Emacs share: the server under test, waiting for states, figures.  -*- lexical-binding: t -*-
(require 'cl-lib)
(package-initialize)
(setq native-comp-jit-compilation nil native-comp-deferred-compilation nil) ; it takes a core for minutes

(defvar workspace (file-name-as-directory (getenv "LSP_SEARCH_WORKSPACE")))
(defvar command (list (getenv "LSP_SEARCH_PYTHON") "-m" "lsp_search" "serve" "--stdio"))

(defmacro until (condition)
  "Wait until CONDITION holds; give up after a minute and a half."
  `(let ((deadline (+ (float-time) 90)) value)
     (while (not (setq value ,condition))
       (when (> (float-time) deadline) (error "Never came about: %S" ',condition))
       (sit-for 0.02))
     value))

(defmacro timed (name &rest body)
  "Run BODY; tell how long it took as NAME."
  `(let ((began (float-time)))
     (prog1 (progn ,@body) (message "figure: %s %.3f s" ,name (- (float-time) began)))))

(defun line-here ()
  (buffer-substring-no-properties (line-beginning-position) (line-end-position)))

(defmacro should-fail (form)
  "The message of the `user-error' that FORM ends with."
  `(condition-case failure
       (progn ,form (error "Did not fail: %S" ',form))
     (user-error (error-message-string failure))))
