;;! expect = "success"
;;! input = '"t8.8.8.8:53"'
;;! stdout = '"!ab"'
;;! denied = ["create-tcp-socket a TCP socket (no grant covers it) (network)"]

;; Without any grant there is not even a socket.
;;@network
