;;! expect = "tool_error"
;;! exit = 42
;;! denied = ["path_open 2 (files)", "path_create_directory d (files)", "path_symlink l (files)", "path_link h (files)"]
;;! [limits]
;;! files = 2
;;! [[folder]]
;;! guest = "/box"
;;! host = "box"
;;! [after]
;;! files = { "box/0" = "", "box/1" = "" }
;;! absent = ["box/2", "box/d", "box/l", "box/h"]

;; Makes one file more than it may, then a folder, a link and a hard link: all of them count, and
;; EDQUOT is what each says.
(module
  ;;@wasi path_open path_create_directory path_symlink path_link fd_close proc_exit
  (memory (export "memory") 1)
  (data (i32.const 64) "012dlh")
  (func $make (param $at i32) (result i32)
    (call $path_open (i32.const 3) (i32.const 0) (local.get $at) (i32.const 1)
      (i32.const 1) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 8)))
  (func $main (export "_start")
    (if (call $make (i32.const 64)) (then unreachable))
    (if (call $make (i32.const 65)) (then unreachable))
    (if (i32.ne (call $make (i32.const 66)) (i32.const 19)) (then unreachable))
    (if (i32.ne (call $path_create_directory (i32.const 3) (i32.const 67) (i32.const 1)) (i32.const 19)) (then unreachable))
    (if (i32.ne (call $path_symlink (i32.const 64) (i32.const 1) (i32.const 3) (i32.const 68) (i32.const 1)) (i32.const 19)) (then unreachable))
    (if (i32.ne (call $path_link (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 1)
          (i32.const 3) (i32.const 69) (i32.const 1)) (i32.const 19)) (then unreachable))
    (call $proc_exit (i32.const 42))))
