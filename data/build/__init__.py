"""Composer and renderer of minimus, the embedded multitrack set of sepedu."""
