"""VISITS, the orchestrator: makes the services agree on what a planner wants.

Owns      visits, their specs by revision, proposals, what the services last said, timelines.
Accepts   SubmitVisit, ProposeVisit, CommitProposal, DropProposal, CancelVisit; HoldsChanged of all.
Announces VisitChanged, ArrangementChanged, ConsentAsked, CommandAnswered; commands holds.
Promises  nothing is firm until every need is held; the old arrangement goes only when the new one
          is firm; a blocked visit keeps what was confirmed and says why; any replica may go on.

Read `reconcile.py` first.
"""
