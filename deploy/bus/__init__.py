"""The bus of a deployment: who may connect, what each may do, and what the streams are like."""
