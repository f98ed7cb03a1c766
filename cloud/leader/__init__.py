"""The leader's page: a few figures of the province against their targets, each with a colour, a shape, a word."""
