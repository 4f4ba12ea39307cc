#!/bin/sh
kubectl delete pod web
