"""How gateways become ours and cease to be: claims, certificates, the registry, and what was tried against them."""
