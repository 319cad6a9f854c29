# Sourced by setup, demo and test: finds the repository ($root) and a Python that can run it ($python).
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
# 3.14 is too new for the TensorFlow that trains the network; 3.11 is what Debian 12 brings.
supported='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
python=
for candidate in "${PYTHON:-}" "$root/.venv/bin/python" python3 python3.11 python3.12 python3.13 python; do
    if [ -n "$candidate" ] && "$candidate" -c "$supported" >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Carina needs Python 3.11, 3.12 or 3.13 and found none: install it (Debian and Ubuntu: apt install python3 python3-venv) or name one with PYTHON=/path/to/python3.11." >&2
    exit 1
fi
