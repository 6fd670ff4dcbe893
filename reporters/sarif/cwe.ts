/**
 * CWE entries for each entry of the OWASP NHI Top 10; this project's own mapping (OWASP publishes none). The first of a
 * list is the closest. https://cwe.mitre.org/data/index.html
 */
export const CWE_OF_NHI: { readonly [control: string]: readonly number[] } = {
  'NHI1:2025': [286, 459],
  'NHI2:2025': [798, 522, 312, 540, 532],
  'NHI3:2025': [829, 1357],
  'NHI4:2025': [287, 306, 1390, 327],
  'NHI5:2025': [250, 269, 266],
  'NHI6:2025': [284, 345],
  'NHI7:2025': [262, 324, 613],
  'NHI8:2025': [653, 668],
  'NHI9:2025': [653],
  'NHI10:2025': [778, 223],
};

export const CWE_NAMES: { readonly [id: number]: string } = {
  223: 'Omission of Security-relevant Information',
  250: 'Execution with Unnecessary Privileges',
  262: 'Not Using Password Aging',
  266: 'Incorrect Privilege Assignment',
  269: 'Improper Privilege Management',
  284: 'Improper Access Control',
  286: 'Incorrect User Management',
  287: 'Improper Authentication',
  306: 'Missing Authentication for Critical Function',
  312: 'Cleartext Storage of Sensitive Information',
  324: 'Use of a Key Past its Expiration Date',
  327: 'Use of a Broken or Risky Cryptographic Algorithm',
  345: 'Insufficient Verification of Data Authenticity',
  459: 'Incomplete Cleanup',
  522: 'Insufficiently Protected Credentials',
  532: 'Insertion of Sensitive Information into Log File',
  540: 'Inclusion of Sensitive Information in Source Code',
  613: 'Insufficient Session Expiration',
  653: 'Improper Isolation or Compartmentalization',
  668: 'Exposure of Resource to Wrong Sphere',
  778: 'Insufficient Logging',
  798: 'Use of Hard-coded Credentials',
  829: 'Inclusion of Functionality from Untrusted Control Sphere',
  1357: 'Reliance on Insufficiently Trustworthy Component',
  1390: 'Weak Authentication',
};
