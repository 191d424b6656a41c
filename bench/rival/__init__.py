"""The same work done with DBOS Transact on PostgreSQL, to be measured beside ours.

Read in this order: `work` (what a visit is and what is true of it), `store` (a service's tables),
`service` (a service's process), `orchestrator` (the workflow), `system` (starting them), `drive`
(submitting and measuring).
"""
