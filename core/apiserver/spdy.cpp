#include "core/apiserver/spdy.h"

#include <fmt/format.h>
#include <zlib.h>

namespace kubarium::apiserver {
namespace {

constexpr std::size_t headerSize = 8;
constexpr std::size_t largestFrame = 1u << 20;
constexpr std::size_t largestHeaders = 64u << 10;
constexpr std::size_t dataPiece = 32u << 10;

enum ControlType : std::uint16_t { SynStream = 1, SynReply = 2, RstStream = 3, Settings = 4, Ping = 6, GoAway = 7, HeadersFrame = 8, WindowUpdate = 9 };
constexpr std::uint8_t finFlag = 1;

std::uint32_t read32(std::string_view at) {
    return (static_cast<std::uint32_t>(static_cast<unsigned char>(at[0])) << 24) | (static_cast<std::uint32_t>(static_cast<unsigned char>(at[1])) << 16) |
           (static_cast<std::uint32_t>(static_cast<unsigned char>(at[2])) << 8) | static_cast<std::uint32_t>(static_cast<unsigned char>(at[3]));
}

void put32(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 255);
}

// The dictionary of the SPDY/3 draft: each of these words with its length before it, then the tail.
const std::string& dictionary() {
    static const std::string made = [] {
        constexpr std::string_view words =
            "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization "
            "cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range "
            "content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified "
            "location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding "
            "upgrade user-agent vary via warning www-authenticate method get status 200#OK version HTTP/1.1 url public set-cookie keep-alive origin";
        constexpr std::string_view tail =
            "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No "
            "Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 "
            "Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, "
            "GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-"
            "age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";
        std::string text;
        for (std::size_t at = 0; at <= words.size();) {
            const auto end = std::min(words.find(' ', at), words.size());
            auto word = std::string(words.substr(at, end - at));
            for (auto& c : word)
                if (c == '#') c = ' ';
            put32(text, static_cast<std::uint32_t>(word.size()));
            text += word;
            at = end + 1;
        }
        return text + std::string(tail);
    }();
    return made;
}

unsigned char* zlibBytes(std::string_view text) { return reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())); }

Error notSpdy(std::string_view why) { return badRequest(fmt::format("SPDY: {}", why)); }

}  // namespace

struct SpdySession::Compression {
    z_stream inflating{};
    z_stream deflating{};

    Compression() {
        inflateInit(&inflating);
        deflateInit(&deflating, Z_BEST_COMPRESSION);
        deflateSetDictionary(&deflating, zlibBytes(dictionary()), static_cast<uInt>(dictionary().size()));
    }
    ~Compression() {
        inflateEnd(&inflating);
        deflateEnd(&deflating);
    }
};

SpdySession::SpdySession(Handlers handlers) : handlers_(std::move(handlers)), compression_(std::make_unique<Compression>()) {}
SpdySession::~SpdySession() = default;

Result<void> SpdySession::feed(std::string_view bytes) {
    input_ += bytes;
    std::size_t done = 0;
    while (input_.size() - done >= headerSize) {
        const auto header = std::string_view(input_).substr(done, headerSize);
        const auto length = read32(header.substr(4)) & 0xffffff;
        if (length > largestFrame) return notSpdy("a frame is too large");
        if (input_.size() - done < headerSize + length) break;
        TRY(frame(header, std::string_view(input_).substr(done + headerSize, length)));
        done += headerSize + length;
    }
    input_.erase(0, done);
    return {};
}

Result<void> SpdySession::frame(std::string_view header, std::string_view body) {
    const auto first = read32(header);
    const auto flags = static_cast<std::uint8_t>(header[4]);
    if ((first & 0x80000000) == 0) {
        handlers_.onData(first, body, (flags & finFlag) != 0);
        return {};
    }
    if (((first >> 16) & 0x7fff) != 3) return notSpdy("another version");
    return control(static_cast<std::uint16_t>(first & 0xffff), flags, body);
}

Result<void> SpdySession::control(std::uint16_t type, std::uint8_t flags, std::string_view body) {
    switch (type) {
        case SynStream: {
            if (body.size() < 10) return notSpdy("a short SYN_STREAM");
            const auto stream = read32(body) & 0x7fffffff;
            const auto headers = TRY(readHeaders(body.substr(10)));
            if (stream <= lastStream_ || stream % 2 == 0) return notSpdy("a stream with a wrong number");
            lastStream_ = stream;
            handlers_.onStream(stream, headers);
            if (flags & finFlag) handlers_.onData(stream, {}, true);
            return {};
        }
        case SynReply:
        case HeadersFrame: {
            // Their content does not matter, but the compression continues over all header blocks.
            if (body.size() < 4) return notSpdy("a short header frame");
            const auto ignored = TRY(readHeaders(body.substr(4)));
            if (flags & finFlag) handlers_.onData(read32(body) & 0x7fffffff, {}, true);
            return {};
        }
        case RstStream:
            if (body.size() < 8) return notSpdy("a short RST_STREAM");
            handlers_.onReset(read32(body) & 0x7fffffff);
            return {};
        case Ping:
            if (body.size() < 4) return notSpdy("a short PING");
            // Odd ids are the client's: they come back as they are.
            if (read32(body) % 2 == 1) writeControl(Ping, 0, body.substr(0, 4));
            return {};
        case GoAway:
            handlers_.onGoAway();
            return {};
        default:
            return {};  // SETTINGS, WINDOW_UPDATE and what is unknown
    }
}

Result<SpdySession::Headers> SpdySession::readHeaders(std::string_view compressed) {
    auto& stream = compression_->inflating;
    std::string text;
    char space[4096];
    stream.next_in = zlibBytes(compressed);
    stream.avail_in = static_cast<uInt>(compressed.size());
    for (;;) {
        stream.next_out = reinterpret_cast<unsigned char*>(space);
        stream.avail_out = sizeof space;
        int code = inflate(&stream, Z_SYNC_FLUSH);
        if (code == Z_NEED_DICT) {
            if (inflateSetDictionary(&stream, zlibBytes(dictionary()), static_cast<uInt>(dictionary().size())) != Z_OK) return notSpdy("a wrong dictionary");
            continue;
        }
        text.append(space, sizeof space - stream.avail_out);
        if (text.size() > largestHeaders) return notSpdy("headers are too large");
        if (code != Z_OK && code != Z_BUF_ERROR) return notSpdy("headers cannot be decompressed");
        if (stream.avail_in == 0 && stream.avail_out != 0) break;
        if (code == Z_BUF_ERROR) break;
    }
    std::string_view rest(text);
    const auto take = [&]() -> std::optional<std::string> {
        if (rest.size() < 4) return std::nullopt;
        const auto size = read32(rest);
        if (rest.size() - 4 < size) return std::nullopt;
        std::string value(rest.substr(4, size));
        rest.remove_prefix(4 + size);
        return value;
    };
    if (rest.size() < 4) return notSpdy("a short header block");
    const auto count = read32(rest);
    rest.remove_prefix(4);
    SpdySession::Headers headers;
    for (std::uint32_t i = 0; i < count; ++i) {
        auto name = take();
        auto value = name ? take() : std::nullopt;
        if (!value) return notSpdy("a short header block");
        for (auto& c : *name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        headers[*name] = std::move(*value);
    }
    return headers;
}

std::string SpdySession::packHeaders(const Headers& headers) {
    std::string text;
    put32(text, static_cast<std::uint32_t>(headers.size()));
    for (const auto& [name, value] : headers) {
        put32(text, static_cast<std::uint32_t>(name.size()));
        text += name;
        put32(text, static_cast<std::uint32_t>(value.size()));
        text += value;
    }
    auto& stream = compression_->deflating;
    std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
    stream.next_in = zlibBytes(text);
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<unsigned char*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_SYNC_FLUSH);
    packed.resize(packed.size() - stream.avail_out);
    return packed;
}

void SpdySession::writeControl(std::uint16_t type, std::uint8_t flags, std::string_view body) {
    put32(output_, 0x80030000u | type);
    put32(output_, (static_cast<std::uint32_t>(flags) << 24) | static_cast<std::uint32_t>(body.size()));
    output_ += body;
}

void SpdySession::reply(std::uint32_t stream) {
    std::string body;
    put32(body, stream);
    body += packHeaders({});
    writeControl(SynReply, 0, body);
}

void SpdySession::send(std::uint32_t stream, std::string_view data, bool fin) {
    do {
        const auto piece = data.substr(0, dataPiece);
        data.remove_prefix(piece.size());
        put32(output_, stream);
        put32(output_, (static_cast<std::uint32_t>(fin && data.empty() ? finFlag : 0) << 24) | static_cast<std::uint32_t>(piece.size()));
        output_ += piece;
    } while (!data.empty());
}

void SpdySession::reset(std::uint32_t stream) {
    std::string body;
    put32(body, stream);
    put32(body, 5);  // CANCEL
    writeControl(RstStream, 0, body);
}

void SpdySession::goAway() {
    std::string body;
    put32(body, lastStream_);
    put32(body, 0);
    writeControl(GoAway, 0, body);
}

}  // namespace kubarium::apiserver
