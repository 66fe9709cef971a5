"""Where code that a model wrote runs: in sealed processes of the function, or in Bedrock AgentCore's Code Interpreter.

    processes ── fork_server ┬─ program   runs the answer, sealed; is given no test and no expected value
                             └─ suite     runs the row's tests; calls the answer's functions through `wire`

    code_interpreter ┬─ session ── program      the answer, in a session of the service's
                     └─ fork_server ── suite    the tests, in this function; what they call goes out as API calls

`fork_server`, `program`, `suite`, `seal`, `session` and `wire` run in processes of their own and import the standard
library only.
"""
