#!/bin/sh
kubarium fault undo --all
