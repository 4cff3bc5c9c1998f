"""A server that speaks MongoDB's wire protocol, says yes to every write and keeps nothing: the cost of a sink alone."""
