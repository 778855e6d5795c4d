"""Language models: requests with budgets, named outcomes, replies that never raise, and what they
cost.

For: notebooks 04 to 06, `vt analyze videos`, `vt analyze compare`, `vt script adapt`, `vt costs`.
Owns: tables analyses, analysis_checks, analysis_claims, analysis_choices, analysis_corrections,
model_calls; YAML sections `model` and `money`; the prompts in `prompts/`, the price table
`prices.yaml`.
Entry points: `session.client` (the model of a project within its limits),
`text_requests.ask`, `records` (outcomes as rows), `recording` (replies as files), `costs`.
Files: `model` is the protocol, one request in and one reply out; `gemini` (the only module that
knows google-genai) and `recording.Replay` (recorded replies) are its implementations, `client`
what all providers share. `request`, `malformed`, `outcomes` are pure; `budget` and
`prices` say what a call may cost; `retries`, `failures`, `replies` are the edge to the service.
"""
