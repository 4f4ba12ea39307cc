<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Explain</name>
    <message numerus="yes">
        <source>%n Pod(s)</source>
        <translation><numerusform>%n Pod</numerusform><numerusform>%n Pods</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>Its containers were restarted %n time(s); the last time %1.</source>
        <translation><numerusform>Its container was restarted once; it ended like this: %1.</numerusform><numerusform>Its containers were restarted %n times; the last time %1.</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation><numerusform>%n waiting</numerusform><numerusform>%n waiting</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>evicting %n Pod(s)</source>
        <translation><numerusform>evicting %n Pod</numerusform><numerusform>evicting %n Pods</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n Node(s)</source>
        <translation><numerusform>%n Node</numerusform><numerusform>%n Nodes</numerusform></translation>
    </message>
</context>
<context>
    <name>kubarium::view::MainWindow</name>
    <message numerus="yes">
        <source>%n Node(s)</source>
        <translation><numerusform>%n Node</numerusform><numerusform>%n Nodes</numerusform></translation>
    </message>
</context>
<context>
    <name>kubarium::view::ToolBar</name>
    <message numerus="yes">
        <source>⚡ %n fault(s)</source>
        <translation><numerusform>⚡ %n fault</numerusform><numerusform>⚡ %n faults</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>⚡ %n fault(s), ends in %1</source>
        <translation><numerusform>⚡ %n fault, ends in %1</numerusform><numerusform>⚡ %n faults, the last ends in %1</numerusform></translation>
    </message>
</context>
<context>
    <name>kubarium::view::YamlEditor</name>
    <message numerus="yes">
        <source>%n mistake(s): see the marked lines.</source>
        <translation><numerusform>%n mistake: see the marked line.</numerusform><numerusform>%n mistakes: see the marked lines.</numerusform></translation>
    </message>
</context>
<context>
    <name>kubarium::view::WhyPage</name>
    <message numerus="yes">
        <source>%n Node(s)</source>
        <translation><numerusform>%n Node</numerusform><numerusform>%n Nodes</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation><numerusform>and %n more</numerusform><numerusform>and %n more</numerusform></translation>
    </message>
</context>
<context>
    <name>Stage</name>
    <message numerus="yes">
        <source>%n Pod(s) give way</source>
        <translation><numerusform>%n Pod gives way</numerusform><numerusform>%n Pods give way</numerusform></translation>
    </message>
    <message numerus="yes">
        <source>%n budget(s) violated</source>
        <translation><numerusform>%n budget violated</numerusform><numerusform>%n budgets violated</numerusform></translation>
    </message>
</context>
<context>
    <name>kubarium::view::WhatIfDialog</name>
    <message numerus="yes">
        <source>%n Node(s) used</source>
        <translation><numerusform>%n Node used</numerusform><numerusform>%n Nodes used</numerusform></translation>
    </message>
</context>
</TS>
