;;! expect = "success"
;;! input = '"hlocalhost:{port}"'
;;! stdout = '"!ce"'
;;! denied_count = 1
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:{port}"]
;;! [[server]]
;;! untouched = true

;; Asks a server of the host by a name that leads to it. A grant of every name opens none of the
;; addresses that are special, whatever leads there. Which one of them is told first (127.0.0.1 or
;; ::1) is the resolver's matter.
;;@network
