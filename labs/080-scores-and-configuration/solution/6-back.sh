#!/bin/sh
kubectl delete configmap kube-scheduler -n kube-system
