#!/bin/sh
# Send a film to Carina with curl, wait for the network's result, and fetch result, heatmap and report.
#
#   sh quickstart.sh https://carina.example carina_… film.png PATIENT-NUMBER
#
# The token needs the scopes “send” and “read”. Run it again at any time: the film is stored once.
set -eu
portal=${1%/} token=$2 film=$3 number=$4

ask() { # FILE, then what curl needs: the answer goes into the file; a refusal ends this, in its own words
    file=$1
    shift
    curl --silent --show-error --fail-with-body --output "$file" --header "Authorization: Token $token" "$@" || {
        cat "$file" >&2
        exit 1
    }
}
field() { # NAME FILE: the first text of that name in a JSON file
    grep -o "\"$1\":\"[^\"]*\"" "$2" | head -n 1 | cut -d '"' -f 4
}

# 1. Send. The same key in every repeat of a request: a lost answer stores nothing twice.
key=$(printf '%s' "$number" | cat "$film" - | sha256sum | cut -d ' ' -f 1)
ask sent.json --header "Idempotency-Key: $key" --form "patient_number=$number" --form "film=@$film" \
    "$portal/api/v1/studies/"
study=$(field url sent.json)

# 2. Wait for the network.
tries=0
while :; do
    ask study.json "$study"
    state=$(field state study.json)
    [ "$state" = waiting ] || break
    tries=$((tries + 1))
    [ $tries -lt 150 ] || { echo "The network has not finished yet. Run this again later."; exit 1; }
    sleep 2
done
echo "State: $state"
echo "Network: $(field network_finding study.json), triage $(field network_triage study.json)"

# 3. The heatmap.
heatmap=$(field heatmap study.json)
case $heatmap in
    http*)
        ask heatmap.png "$heatmap"
        echo "heatmap.png is written."
        ;;
esac

# 4. The report, once a doctor has signed.
while :; do
    status=$(curl --silent --output report.pdf --write-out '%{http_code}' \
        --header "Authorization: Token $token" "${study}report/")
    [ "$status" = 202 ] || break
    sleep 3
done
if [ "$status" = 200 ]; then
    echo "report.pdf is written."
else
    field detail report.pdf
    rm report.pdf
fi
