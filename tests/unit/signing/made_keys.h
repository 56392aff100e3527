// Keys that the programs themselves made, each for this test alone: ssh-keygen (OpenSSH 9.2),
// openssl (3.0) and minisign (0.11). The passphrase is "secret" where there is one.
#pragma once

namespace mkt::made {

// ssh-keygen -t ed25519 -N "" -C dev@acme.example
inline constexpr const char* kSshKey = R"(-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACDyNYCL8UxAib1B9ZBLHGwELQb90HK1u3u8K1hUbmZoYQAAAJjEGGZmxBhm
ZgAAAAtzc2gtZWQyNTUxOQAAACDyNYCL8UxAib1B9ZBLHGwELQb90HK1u3u8K1hUbmZoYQ
AAAECcJ/9LAd0g6dBRboyPVy+x2KvBpHH56pB41Qcd6LeE7PI1gIvxTECJvUH1kEscbAQt
Bv3QcrW7e7wrWFRuZmhhAAAAEGRldkBhY21lLmV4YW1wbGUBAgMEBQ==
-----END OPENSSH PRIVATE KEY-----
)";
inline constexpr const char* kSshLine =
    R"(ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPI1gIvxTECJvUH1kEscbAQtBv3QcrW7e7wrWFRuZmhh dev@acme.example
)";
inline constexpr const char* kSshPublic =
    "f235808bf14c4089bd41f5904b1c6c042d06fdd072b5bb7bbc2b58546e666861";
// ssh-keygen -l
inline constexpr const char* kSshFingerprint = "SHA256:Q3kmqv9JeRIhUOFnRyk55khsiSswSS1V/zweNA7unvI";

// ssh-keygen -t ed25519 -N secret
inline constexpr const char* kSshSealed = R"(-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABBwsScXRv
I63VGRQIQYfEy7AAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIJ6B0NH3sEsGSjEM
kz6tSD87V3tIUg30tB0fLn2pSn40AAAAoA+QQEmYZ4m9rf4jFReU1niKb49E5fCj22haQD
Ymd1aUk41j9fvF+ukvXystgjeR5f+oSfI/b76CFnxdgJ+AanGfKIGBsc6pVwol4UCIw125
V5kOwHSfZzsiCd7hoWZDyujps680B8FU6cdqK6OJ7ERxDnSJSu9fLRA6kbxDS1/1Jg39i6
KSQd1e9HApAzvCyfrzRvQYWl51tKsBu6WRWqo=
-----END OPENSSH PRIVATE KEY-----
)";
// ssh-keygen -t ecdsa -N ""
inline constexpr const char* kSshEcdsa = R"(-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS
1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQTsJVsEM+LhIDLaPcfBgdB91GlFJVQ7
Fs7jOkSw99zGJYA8LsPIhzdfwWu9NtIRAuMljIBCFt5ACNMPU7TPeSsDAAAAoLOC7byzgu
28AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOwlWwQz4uEgMto9
x8GB0H3UaUUlVDsWzuM6RLD33MYlgDwuw8iHN1/Ba7020hEC4yWMgEIW3kAI0w9TtM95Kw
MAAAAhAOVKlRi0TJXmxESB1tmnUOUmKNpRc8RCZp7UyZr5koZdAAAAB3Jvb3RAdm0=
-----END OPENSSH PRIVATE KEY-----
)";
inline constexpr const char* kSshEcdsaLine =
    R"(ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOwlWwQz4uEgMto9x8GB0H3UaUUlVDsWzuM6RLD33MYlgDwuw8iHN1/Ba7020hEC4yWMgEIW3kAI0w9TtM95KwM= root@vm
)";

// openssl genpkey -algorithm ed25519
inline constexpr const char* kPem = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEICgUeRp8FAcKaByzA7XAauVSq4brmWfK+saZBYTD41q3
-----END PRIVATE KEY-----
)";
inline constexpr const char* kPemPublic =
    "6d717ecf47c81789e04e1da6d44df531e50824c0e3ab8fedbe72cd4b968dc40c";
// openssl genpkey -algorithm ed25519 -aes256 -pass pass:secret
inline constexpr const char* kPemSealed = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgG7JyHz2NaMQICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEM1uG9AiYwONkxRfwTlFUNgEQH3Z
5/mBG+3p4rpe7fdhij1u1RSgo5jRWh4qAEOSkBC6zkySuCZAvv9w0+G/sLWEJE+M
kjRTgvD/OpXKiijS1Fo=
-----END ENCRYPTED PRIVATE KEY-----
)";
inline constexpr const char* kPemSealedPublic =
    "5385bc91b6c0c1a13e33e825e8fe5d6e82b63781ad38737ecd15ed12ba8701ad";
// openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256
inline constexpr const char* kPemEc = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgReudasJnDLpG0QsP
yD9Ao3DiEelvYXqgJpJpWaHMMYqhRANCAASfQXH5EuKb7wF60cFJI0w99uyUcDq5
ihedAEY6cMiemMV5CefLqEdgpF2KsSCPOYm3wUHQfHVj4X0obZY9lr9O
-----END PRIVATE KEY-----
)";

// minisign -G -W
inline constexpr const char* kMinisign = R"(untrusted comment: minisign encrypted secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAtrEP+KgGin3sr6eBTh80QfArbt2wYPw7WKyGEk6O/akA1Sut35a3wcZs6suBu+zzSg2Ieu4lvjsag+wAWUtreXPFpCGapyq/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
)";
inline constexpr const char* kMinisignLine =
    R"(untrusted comment: minisign public key 7D8A06A8F80FB1B6
RWS2sQ/4qAaKfcZs6suBu+zzSg2Ieu4lvjsag+wAWUtreXPFpCGapyq/
)";
inline constexpr const char* kMinisignPublic =
    "c66ceacb81bbecf34a0d887aee25be3b1a83ec00594b6b7973c5a4219aa72abf";

}  // namespace mkt::made
