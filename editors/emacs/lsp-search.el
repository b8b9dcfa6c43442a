;;; lsp-search.el --- Search a project as you type  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: tools, matching
;; SPDX-License-Identifier: MIT

;;; Commentary:

;; `M-x lsp-search' has a server of its own beside those of Eglot or lsp-mode,
;; so it finds in every language of a project, whatever the buffer's mode is.
;; The list is the server's: its choice and order, not `completion-styles'.
;; It is live in `fido-vertical-mode', Vertico and their like; else TAB shows it.

;;; Code:

(require 'jsonrpc)
(require 'project)
(require 'subr-x)
(require 'url-util)
(require 'xref)

(defgroup lsp-search nil "Search a project as you type." :group 'tools)

(defcustom lsp-search-command '("lsp-search" "serve" "--stdio")
  "Command that starts the server, and its arguments."
  :type '(repeat string))

(defcustom lsp-search-limit 100
  "How many results a search shows."
  :type 'natnum)

(defvar lsp-search-history nil "What was searched for.")

(defconst lsp-search--kinds
  ["file" "module" "namespace" "package" "class" "method" "property" "field"
   "constructor" "enum" "interface" "function" "variable" "constant" "string"
   "number" "boolean" "array" "object" "key" "null" "enum member" "struct"
   "event" "operator" "type parameter"])

;; The server of a project

(defvar lsp-search--servers (make-hash-table :test #'equal) "By root folder.")

(defclass lsp-search--connection (jsonrpc-process-connection)
  ((root :initarg :root :accessor lsp-search--root)
   (told :initform (make-hash-table :test #'equal) :accessor lsp-search--told
         :documentation "By URI, ticks of buffers whose text the server has.")))

(defun lsp-search--server ()
  "The server of the current project, started if it does not run."
  (let* ((project (project-current))
         (root (expand-file-name (if project (project-root project) default-directory)))
         (server (gethash root lsp-search--servers)))
    (cond ((file-remote-p root) (user-error "%s is remote; only local projects can be searched" root))
          ((and server (jsonrpc-running-p server)) server)
          ((executable-find (car lsp-search-command))
           (puthash root (lsp-search--start root) lsp-search--servers))
          (t (user-error "There is no %s; install it, or set `lsp-search-command'" (car lsp-search-command))))))

(defun lsp-search--start (root)
  "Start a server on the folder ROOT."
  (let* ((default-directory root)
         (name (format "lsp-search %s" (abbreviate-file-name root)))
         (server (make-instance
                  'lsp-search--connection :name name :root root :events-buffer-scrollback-size 0
                  :notification-dispatcher #'lsp-search--notified
                  :process (lambda ()
                             (make-process :name name :command lsp-search-command :noquery t
                                           :connection-type 'pipe :coding 'utf-8-emacs-unix
                                           :stderr (get-buffer-create (format "*%s stderr*" name)))))))
    (jsonrpc-request server :initialize
                     (list :processId (emacs-pid) :clientInfo '(:name "Emacs lsp-search")
                           :rootUri (lsp-search--uri root)
                           :capabilities '(:general (:positionEncodings ["utf-32"])))) ; as Emacs counts
    (jsonrpc-notify server :initialized (make-hash-table))
    server))

(defun lsp-search--notified (_server method params)
  "Show PARAMS of METHOD where they are for the user's eyes."
  (when (memq method '(window/showMessage lspSearch/alert))
    (message "lsp-search: %s" (plist-get params :message))))

(defun lsp-search--uri (file)
  "FILE as a URI."
  (concat "file://"
          (unless (string-prefix-p "/" file) "/") ; before a drive of Windows
          (url-hexify-string (encode-coding-string file 'utf-8-emacs) url-path-allowed-chars)))

(defun lsp-search--file (uri)
  "The file of URI."
  (let ((path (decode-coding-string (url-unhex-string (string-remove-prefix "file://" uri)) 'utf-8-emacs)))
    (if (and (eq system-type 'windows-nt) (string-match-p "\\`/[A-Za-z]:" path))
        (substring path 1)
      path)))

(defun lsp-search--tell-buffers (server)
  "Give SERVER the unsaved texts of its project as they are now."
  (let ((told (lsp-search--told server)) (unsaved nil))
    (dolist (buffer (buffer-list))
      (with-current-buffer buffer
        (when (and buffer-file-name (buffer-modified-p)
                   (file-in-directory-p buffer-file-name (lsp-search--root server)))
          (let* ((uri (lsp-search--uri buffer-file-name))
                 (tick (buffer-chars-modified-tick))
                 (text (save-restriction (widen) (buffer-substring-no-properties (point-min) (point-max)))))
            (push uri unsaved)
            (cond ((not (gethash uri told))
                   (jsonrpc-notify server :textDocument/didOpen
                                   `(:textDocument (:uri ,uri :version ,tick :languageId "" :text ,text))))
                  ((/= (gethash uri told) tick)
                   (jsonrpc-notify server :textDocument/didChange
                                   `(:textDocument (:uri ,uri :version ,tick) :contentChanges [(:text ,text)]))))
            (puthash uri tick told)))))
    (dolist (uri (seq-difference (hash-table-keys told) unsaved))
      (jsonrpc-notify server :textDocument/didClose `(:textDocument (:uri ,uri)))
      (remhash uri told))))

;; The list

(defun lsp-search--ask (server query context)
  "Ask SERVER for QUERY, what is near CONTEXT first; return its answer."
  (condition-case failure
      (jsonrpc-request server :lspSearch/search `(:query ,query :limit ,lsp-search-limit :context ,context))
    (jsonrpc-error                      ; such as an expression that is still being typed
     (minibuffer-message "%s" (or (alist-get 'jsonrpc-error-message (cddr failure)) (cadr failure)))
     nil)))

(defun lsp-search--line (item root)
  "Make a line of ITEM, with its place below ROOT."
  (let* ((kind (plist-get item :kind))
         (text (copy-sequence (plist-get item (if kind :name :snippet))))
         (container (plist-get item :containerName))
         (place (plist-get item :location)))
    (seq-doseq (span (plist-get item :matches))
      (add-face-text-property (aref span 0) (aref span 1) 'completions-common-part nil text))
    (concat (string-trim text)
            (propertize (concat "  " (and kind (aref lsp-search--kinds (1- kind)))
                                (and container (not (string-empty-p container)) (format " in %s" container))
                                (format "  %s:%d" (file-relative-name (lsp-search--file (plist-get place :uri)) root)
                                        (1+ (plist-get (plist-get (plist-get place :range) :start) :line))))
                        'face 'completions-annotations))))

(defun lsp-search--try (input table predicate point)
  "Leave INPUT and POINT as they are if TABLE has anything for PREDICATE."
  (and (all-completions input table predicate) (cons input point)))

(defun lsp-search--all (input table predicate _point)
  "Return all that TABLE has for INPUT and PREDICATE."
  (all-completions input table predicate))

(add-to-list 'completion-styles-alist
             '(lsp-search lsp-search--try lsp-search--all "What the server finds, in its order."))

;;;###autoload
(defun lsp-search ()
  "Search the project as you type, and go to what you choose.
Names, paths, \"text\", /expressions/, questions in words: see the server's
docs/query-language.md.  RET on what is not in the list takes the best match."
  (interactive)
  (let* ((server (lsp-search--server))
         (context (and buffer-file-name
                       `(:uri ,(lsp-search--uri buffer-file-name)
                              :position (:line ,(1- (line-number-at-pos nil t)) :character 0))))
         (seen (make-hash-table :test #'equal)) ; by line: the item, what was asked, its rank
         (indexing nil)
         (list (lambda (query)
                 (let ((answer (lsp-search--ask server query context)))
                   (setq indexing (eq t (plist-get answer :indexing)))
                   (seq-map-indexed (lambda (item rank)
                                      (let ((line (lsp-search--line item (lsp-search--root server))))
                                        (puthash line (list item query rank) seen)
                                        line))
                                    (plist-get answer :items)))))
         (table (lambda (input _predicate action)
                  (pcase action
                    ('metadata '(metadata (category . lsp-search) (display-sort-function . identity)
                                          (cycle-sort-function . identity)))
                    ('t (funcall list input))
                    ('lambda (gethash input seen))))))
    (lsp-search--tell-buffers server)
    (let* ((completion-category-overrides ; defaults are dropped by `fido-mode' and by many users
            (cons '(lsp-search (styles lsp-search)) completion-category-overrides))
           (chosen (let ((history-add-new-input nil)) ; that would be the line, which finds nothing
                     (completing-read "Search: " table nil nil nil 'lsp-search-history)))
           (found (gethash chosen seen))
           (typed (if found (nth 1 found) chosen)))
      (unless (string-empty-p typed)
        (add-to-history 'lsp-search-history typed))
      (pcase (or found (gethash (car (funcall list chosen)) seen))
        (`(,item ,query ,rank)
         (jsonrpc-notify server :lspSearch/picked `(:query ,query :id ,(plist-get item :id) :rank ,rank))
         (lsp-search--visit (plist-get item :location)))
        (_ (user-error (if indexing "Nothing found for %s; the project is still being indexed" "Nothing found for %s")
                       chosen))))))

(defun lsp-search--visit (location)
  "Go to LOCATION; `xref-pop-marker-stack' comes back."
  (let ((start (plist-get (plist-get location :range) :start)))
    (xref-push-marker-stack)
    (find-file (lsp-search--file (plist-get location :uri)))
    (widen)
    (goto-char (point-min))
    (forward-line (plist-get start :line))
    (goto-char (min (+ (point) (plist-get start :character)) (line-end-position)))
    (run-hooks 'xref-after-jump-hook)))

(provide 'lsp-search)
;;; lsp-search.el ends here
