#!/bin/sh
# A clock server, a process of two clients and one of one client, each in a network namespace of its own behind a bridge.
# Needs root and iproute2. Usage: clock_in_namespaces.sh PATH_OF_hawser
set -e
hawser=$(realpath "${1:?the path of the program}")
folder=$(mktemp -d)
cd "$folder"
cleanup() {
    for i in 1 2 3; do ip netns del hw$i 2> /dev/null || true; done
    ip link del hwbr 2> /dev/null || true
    rm -rf "$folder"
}
trap cleanup EXIT

ip link add hwbr type bridge
ip link set hwbr up
for i in 1 2 3; do
    ip netns add hw$i
    ip link add hwv$i type veth peer name hwp$i
    ip link set hwp$i netns hw$i
    ip link set hwv$i master hwbr
    ip link set hwv$i up
    ip netns exec hw$i ip link set lo up
    ip netns exec hw$i ip addr add 10.77.0.$i/24 dev hwp$i
    ip netns exec hw$i ip link set hwp$i up
done

ip netns exec hw1 "$hawser" serve clock --out server > server.log &
server=$!
until grep -q Listening server.log; do sleep 0.1; done
ip netns exec hw2 timeout 60 "$hawser" clock 10.77.0.1 --clients 2 --duration 2s --out two > two.log &
two=$!
ip netns exec hw3 timeout 60 "$hawser" clock 10.77.0.1 --duration 2s --out one > one.log
wait $two
kill -TERM $server
wait $server
cat server.log
for original in one/client_*_TimeData.txt two/client_*_TimeData.txt; do
    for copy in */client_*/"$(basename "$original")"; do
        cmp "$original" "$copy" && echo "$copy is the same"
    done
done
