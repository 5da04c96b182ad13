#pragma once
// The bytes of a log to messages, counted: by level, and by the signatures that are in them.
//
// A message is a line that begins one (read_level()) and what follows it up to the next: a stack trace of a thousand
// lines is one message, and each signature in it counts once. Of messages at INFO and below nothing but the level is
// looked at. Text without a level (a traceback of Python, "Exception in thread", what the JVM says when it gives up) is
// a message of level none.
//
// Bytes come in pieces of any size. Lines may be of any length and hold anything: what is kept of one is bounded. Not
// thread-safe.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "exporter/logs/stamp_gate.hpp"
#include "exporter/logs/tally.hpp"

namespace spark_exporter::logs {

/// The message that tells best how the program failed, its lines cut at limits::kLogEvidenceBytes; any bytes.
struct Failure {
  std::string text;
  /// The program's own end (a traceback, "Exception in thread"); else an error that was logged.
  bool uncaught = false;
};

class Reader {
 public:
  /// `gate`: each line begins with a time stamp, which says whether it was read before; null: none does. Outlives this.
  explicit Reader(StampGate* gate = nullptr);

  void feed(std::string_view bytes);
  /// No more will come: what stands without a newline is a line.
  void end();
  /// What stands without a newline will come again, whole.
  void drop_partial();
  /// A piece was passed over: the next message has nothing to do with the last, and begins after a newline.
  void skip(std::uint64_t bytes);
  /// Bytes of the line that is not complete yet.
  std::uint64_t partial_bytes() const { return partial_bytes_; }

  /// What was counted since the last call.
  Tally take() { return std::exchange(tally_, {}); }
  /// Whether failure() changed since the last call.
  bool take_news();
  const Failure& failure() const { return failure_; }

 private:
  struct Message {
    Level level = Level::kNone;
    bool quiet = false;  ///< INFO and below
    bool kept = false;   ///< its text is the failure's
    std::size_t margin_lines = 0;
    NeedleSet found;
    SignatureSet counted;
  };

  void take_piece(std::string_view piece, bool ends_line);
  void take_long_piece(std::string_view piece);
  void end_partial();
  /// `found`: what a line that is longer than `line` has been searched for.
  void take_line(std::string_view line, const NeedleSet* found);
  void take_text(std::string_view line);
  void begin(Level level);
  void begin_failure(bool uncaught);
  void count(const NeedleSet& found);
  void keep(std::string_view line);
  void choose_failure();

  StampGate* const gate_;
  const Automaton& automaton_;
  const Automaton::State line_start_;  ///< after a newline
  Tally tally_;
  Message message_;
  bool there_ = false;    ///< a message is
  bool chained_ = false;  ///< a traceback that follows belongs to the one before
  bool resync_ = false;   ///< up to the next newline it is no line's beginning

  std::string partial_;  ///< how the line that has not ended begins
  std::uint64_t partial_bytes_ = 0;
  bool long_ = false;         ///< it is longer than that
  bool long_wanted_ = false;  ///< and worth being searched
  Automaton::State long_state_ = Automaton::kStart;
  NeedleSet long_found_;

  Failure failure_;
  Failure current_;  ///< of the message that is being read
  bool current_is_news_ = false;
  bool names_exception_ = false;  ///< failure_ does
  bool news_ = false;
};

}  // namespace spark_exporter::logs
