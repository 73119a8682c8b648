"""What is kept about people: all of it in one file, or none of it any more.

Owns no table: `holdings` says which tables hold something about somebody, and a test that it forgets none.
"""
