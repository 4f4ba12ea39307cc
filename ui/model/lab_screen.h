// What the lab panel shows, as plain values in the user's language: filled from a lab session, or by a test.
#pragma once

#include <QList>
#include <QString>

namespace kubarium::model {

enum class LabCheckState { Waiting, Passed, Failed };

struct LabCheckLine {
    LabCheckState state = LabCheckState::Waiting;
    QString title, found;
    friend bool operator==(const LabCheckLine&, const LabCheckLine&) = default;
};
struct LabChoiceLine {
    QString value, text;
    friend bool operator==(const LabChoiceLine&, const LabChoiceLine&) = default;
};
struct LabStepLine {
    QString title;
    bool done = false, current = false;
    friend bool operator==(const LabStepLine&, const LabStepLine&) = default;
};

// Of the text of a lab: Markdown, or code as it stands.
struct LabTextPart {
    bool code = false;
    QString text;
    friend bool operator==(const LabTextPart&, const LabTextPart&) = default;
};

struct LabScreen {
    QString heading;  // "Lab · Scheduling · 15 min"
    QString title;
    QString message;  // while it is being prepared, or why it broke
    QList<LabStepLine> steps;
    QList<LabTextPart> intro;  // of the lab, beside that of its first step
    QList<LabTextPart> brief;  // of the current step; of the lab while it does not run
    QString question;
    QList<LabChoiceLine> choices;
    QString chosen, answer, explanation;  // answer: what is known once it is revealed
    bool answered = false;   // one of the choices is chosen
    bool revealed = false;   // the explanation is there to be read; the step goes on when it has been
    bool canAnswer = true;   // false while what was predicted is being revealed
    bool canReveal = true;   // false while the cycle that was asked about is not held, or goes on already
    bool proceeds = false;   // what was revealed has not been read yet
    bool stepPassed = false; // nothing is left to do in the current step; it stays until it has been read
    bool keepsCycle = false; // the cycle that was asked about is being revealed or read: the theatre goes on to no later one
    QString hold;            // what the scheduler does meanwhile; "" when no cycle is held for the question
    QList<LabCheckLine> checks;
    QStringList hints;   // those shown so far
    int hintsLeft = 0, hintsTotal = 0;
    int passed = 0, total = 0;
    bool running = false, done = false;
    friend bool operator==(const LabScreen&, const LabScreen&) = default;
};

// A lab that can be chosen.
struct LabOffer {
    QString name, title, detail;  // detail: how long it takes and how far one is, or why it cannot be run
    bool usable = true;
    bool done = false;
    friend bool operator==(const LabOffer&, const LabOffer&) = default;
};

}  // namespace kubarium::model
