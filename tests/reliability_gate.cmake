# The rows of scripts/reliability-gate: each promise of reliability with the tests that show whether
# it holds. A test gets the label "reliability.ROW" of each of its rows.
#
#   mkt_promise(ROW "what it promises" [UNIT FILE…] [TESTS TEST…])
#
# UNIT names files below tests/unit, all of whose test cases belong to the row; TESTS names tests of
# CTest. The rows are shown in this order.
set(promises ${CMAKE_CURRENT_BINARY_DIR}/promises)
file(WRITE ${promises} "")

function(mkt_promise row about)
  cmake_parse_arguments(PARSE_ARGV 2 promise "" "" "UNIT;TESTS")
  file(APPEND ${promises} "${row}\t${about}\t${promise_UNIT}\n")
  foreach(name ${promise_TESTS})
    set_property(TEST ${name} APPEND PROPERTY LABELS reliability.${row})
  endforeach()
endfunction()

mkt_promise(limits "sliding-window limits, counted in memory"
  UNIT limits/memory_limits_test.cc limits/limit_rules_test.cc
  TESTS integration.limits load.rate-limit)
mkt_promise(limits-redis "sliding-window limits, shared through Redis"
  UNIT limits/redis_pipe_test.cc limits/redis_url_test.cc
  TESTS integration.redis integration.redis_tls)
mkt_promise(retry "retry, its presets and its budget"
  UNIT reliability/retry_test.cc reliability/backoff_test.cc reliability/retry_budget_test.cc
    client/registry_client_test.cc
  TESTS load.retry)
mkt_promise(breaker "circuit breaker"
  UNIT reliability/circuit_breaker_test.cc
  TESTS load.circuit-breaker)
mkt_promise(executor "retry and breaker together: the executor"
  UNIT reliability/resilient_executor_test.cc)
mkt_promise(install-requests "an install that is asked for again is asked for once"
  UNIT service/installs_test.cc
  TESTS load.idempotency)
mkt_promise(idempotency-key "a change under one Idempotency-Key is made once"
  UNIT http/idempotency_test.cc)
mkt_promise(locking "locks and contention"
  UNIT base/turns_test.cc client/lock_file_test.cc store/commit_queue_test.cc
  TESTS load.locking load.contention)
mkt_promise(kill "what was answered survives kill -9, power cuts and failing disks"
  UNIT blobs/file_blobs_test.cc
  TESTS integration.crash integration.disk_fails integration.install_interrupted
    integration.power_cut)
mkt_promise(downloads "downloads and uploads go on after a cut"
  TESTS integration.cut_connections)
mkt_promise(mirror "the mirror goes on where it stopped"
  UNIT mirror/bucket_test.cc service/outbox_test.cc
  TESTS integration.mirror_faults)
mkt_promise(s3 "tarballs in S3: nothing wrong is given, and a slow or missing S3 holds nobody up"
  UNIT blobs/blob_cache_test.cc blobs/s3_blobs_test.cc blobs/s3_client_test.cc
  TESTS integration.s3)
mkt_promise(webhooks "webhooks go on where they stopped"
  UNIT webhooks/webhooks_test.cc)
mkt_promise(postgres "several daemons on one PostgreSQL: each change is done once, in one order"
  UNIT store/postgres/pg_failure_test.cc
  TESTS integration.postgres)
mkt_promise(move "a marketplace moves between a folder and shared storage whole, or not at all"
  UNIT ops/tarball_copy_test.cc
  TESTS integration.migrate)
mkt_promise(errors "every error code has one HTTP status, one exit status, and a test"
  UNIT base/error_code_test.cc
  TESTS integration.error_codes)

add_custom_command(TARGET mkt_tests POST_BUILD
  COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:mkt_tests> -D PROMISES=${promises}
    -D OUTPUT=${CMAKE_CURRENT_BINARY_DIR}/unit_labels.cmake
    -P ${CMAKE_CURRENT_SOURCE_DIR}/label_unit_tests.cmake
  VERBATIM)
set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES
  ${CMAKE_CURRENT_BINARY_DIR}/unit_labels_if_built.cmake)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/unit_labels_if_built.cmake
  "include(${CMAKE_CURRENT_BINARY_DIR}/unit_labels.cmake OPTIONAL)\n")
