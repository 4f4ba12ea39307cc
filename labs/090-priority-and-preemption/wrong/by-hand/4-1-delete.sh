#!/bin/sh
# fails: preempted
kubectl delete pod low-c1 low-c2
