"""`python -m s2sauth.cli`: the same as the command `s2sauth`."""

from s2sauth.cli import main

if __name__ == "__main__":
    main()
