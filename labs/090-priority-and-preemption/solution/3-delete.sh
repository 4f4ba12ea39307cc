#!/bin/sh
kubectl delete pod polite
