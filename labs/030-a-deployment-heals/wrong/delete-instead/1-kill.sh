#!/bin/sh
# fails: same-pods
pod=$(kubectl get pods -l app=web -o jsonpath='{.items[0].metadata.name}')
kubectl delete pod "$pod" --wait=false
