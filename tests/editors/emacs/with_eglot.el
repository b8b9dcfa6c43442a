;; emacs --batch -l with_eglot.el: Eglot with lsp-search as the server of a mode; fails by `cl-assert'.  -*- lexical-binding: t -*-
(load (expand-file-name "common" (file-name-directory load-file-name)) nil t)
(require 'eglot)
(require 'xref)

(setq eglot-autoreconnect nil eglot-sync-connect t jsonrpc-default-request-timeout 100 eglot-connect-timeout 100)
(add-to-list 'eglot-server-programs `(python-mode . ,command))

(defun server () (eglot-current-server))
(defun sync () (jsonrpc-request (server) :lspSearch/sync (make-hash-table)))
(defun found (query)
  (mapcar (lambda (symbol) (plist-get symbol :name)) (jsonrpc-request (server) :workspace/symbol (list :query query))))

(defun complaint (pattern)
  "The first line that Eglot noted and that matches PATTERN."
  (with-current-buffer (jsonrpc-events-buffer (server))
    (save-excursion
      (goto-char (point-min))
      (let ((case-fold-search nil))
        (and (re-search-forward pattern nil t) (line-here))))))

(find-file (concat workspace "django/db/models/query.py"))
(let ((source (current-buffer)))
  (timed "connect" (apply #'eglot (eglot--guess-contact)))
  (timed "ready" (sync))
  (cl-assert (equal (plist-get (jsonrpc-request (server) :lspSearch/status (make-hash-table)) :state) "ready"))

  ;; The user's way: a list of what is found, and a jump.
  (xref-find-apropos "QuerySet.bulk_create")
  (with-current-buffer "*xref*"
    (goto-char (point-min))
    (xref-next-line)
    (xref-goto-xref))
  (cl-assert (string-match-p "django/db/models/query\\.py\\'" buffer-file-name))
  (cl-assert (string-match-p "\\`    def bulk_create(" (line-here)))
  (cl-assert (looking-at "bulk_create"))

  ;; Unsaved text, saved text, what another program writes.
  (set-buffer source)
  (goto-char (point-min))
  (insert "# 🙂\ndef unsaved_offer(): pass\n")
  (eglot--signal-textDocument/didChange) ; Emacs does so when it is idle, which it never is in a script
  (sync)
  (cl-assert (equal (found "unsavedoffer") '("unsaved_offer")))
  (goto-char (point-min))
  (cl-assert (search-forward "unsaved_offer"))
  (replace-match "saved_offer" t)
  (let ((inhibit-message t)) (save-buffer))
  (sync)
  (cl-assert (equal (car (found "saved_offer")) "saved_offer"))
  (cl-assert (not (member "unsaved_offer" (found "unsavedoffer"))))
  (write-region "function from_outside() end\n" nil (concat workspace "outside.lua") nil 'silent)
  (sync)
  (cl-assert (equal (found "fromoutside") '("from_outside")))

  ;; A setting that is changed while the server runs.
  (cl-assert (> (length (found "save")) 2))
  (setq-default eglot-workspace-configuration '(:lspSearch (:search (:limit 2))))
  (eglot-signal-didChangeConfiguration (server))
  (sync)
  (cl-assert (= (length (found "save")) 2))

  ;; Nothing that Eglot saw was an error, and notifications of ours are none.
  (cl-assert (complaint "lspSearch/statusChanged"))
  (cl-assert (not (complaint "^\\[.* ERROR \\|^\\[stderr\\]")))

  ;; A server that is killed.
  (let ((killed (server)))
    (signal-process (jsonrpc--process killed) 'SIGKILL)
    (until (not (jsonrpc-running-p killed)))
    (timed "reconnect" (eglot-reconnect killed))
    (cl-assert (not (eq (server) killed)))
    (timed "ready again" (sync))
    (cl-assert (equal (found "fromoutside") '("from_outside"))))

  (cl-assert (not (complaint "^\\[.* ERROR ")))
  (timed "shutdown" (eglot-shutdown (server))))
