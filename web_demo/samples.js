// Something to say, for those who have nothing on their mind.

export const SAMPLES = [
  {
    label: "English",
    language: "en-US",
    text:
      "Good morning! I speak while you are still writing: the first words leave as soon as they make sense, and the " +
      "rest follows without a gap. Your order of 3 books comes to $42.50 and arrives on 5 May. Interrupt me whenever " +
      "you like, and I will know exactly which words you heard.",
  },
  {
    label: "हिन्दी",
    language: "hi",
    text:
      "नमस्ते! आप लिखते रहिए, मैं बोलता रहूँगा। पहले शब्द तुरंत सुनाई देते हैं और बाकी बिना रुके आते हैं। " +
      "आपकी 3 किताबों का मूल्य 450 रुपये है। जब चाहें मुझे बीच में रोकिए, मुझे पता रहेगा कि आपने कौन से शब्द सुने।",
  },
  {
    label: "తెలుగు",
    language: "te",
    text:
      "నమస్కారం! మీరు రాస్తూ ఉండగానే నేను మాట్లాడతాను. మొదటి మాటలు వెంటనే వినిపిస్తాయి, మిగతావి ఆగకుండా వస్తాయి. " +
      "మీ 3 పుస్తకాల ధర 450 రూపాయలు. మీరు ఎప్పుడైనా నన్ను ఆపవచ్చు, మీరు ఏ మాటలు విన్నారో నాకు తెలుస్తుంది.",
  },
];
