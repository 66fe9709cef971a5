"""Runs model-written code in sealed processes of the function, or in Bedrock AgentCore's Code Interpreter.

    processes ── fork_server ┬─ program   runs the answer, sealed; receives no tests and no expected values
                             └─ suite     runs the row's tests; calls the answer's functions through `wire`

    code_interpreter ┬─ session ── program      runs the answer in a session of the service
                     └─ fork_server ── suite    runs the tests in this function; calls of the answer are API calls

`fork_server`, `program`, `suite`, `seal`, `session` and `wire` run in separate processes and import only the standard
library.
"""
